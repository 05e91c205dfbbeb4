use aqueduct_kafka::*; use std::time::*; use std::sync::Arc;
struct Nil; impl DeliverySink for Nil { fn delivered(&self, _: &[Delivery]) {} }
fn cpu()->f64{let s=std::fs::read_to_string("/proc/self/stat").unwrap();let(_,f)=s.rsplit_once(')').unwrap();f.split_whitespace().skip(11).take(2).map(|x|x.parse::<f64>().unwrap()).sum::<f64>()/100.0}
fn status(k:&str)->String{std::fs::read_to_string("/proc/self/status").unwrap().lines().find(|l|l.starts_with(k)).unwrap().to_string()}
#[tokio::main(flavor="current_thread")] async fn main(){
 let b=std::env::args().nth(1).unwrap(); let n:usize=std::env::args().nth(2).unwrap().parse().unwrap();
 let base=||{let mut s=ClientSettings::default(); s.set_base("bootstrap.servers",b.as_str()); s};
 println!("{} {}",status("VmRSS"),status("Threads"));
 for _ in 0..5 {let t=Instant::now(); let a=Admin::create(&base()).unwrap(); let c=t.elapsed(); a.cluster_id().await.unwrap(); print!("admin create {c:?} id {:?}; ",t.elapsed()); let t=Instant::now(); a.cluster_id().await.unwrap(); println!("again {:?}",t.elapsed());}
 let rec=ProducerRecord{topic:"bench2".into(),partition:None,key:None,value:Some("x".into()),timestamp:None,headers:vec![]};
 for o in [None,Some(("linger.ms","0"))] {let mut s=base(); if let Some((k,v))=o {s.set_user(k,v);} let t=Instant::now(); let p=Producer::create(&s).unwrap(); let mut l=p.register(Arc::new(Nil)).unwrap(); l.send(0,&rec).unwrap(); l.flush(Duration::from_secs(9)).await.unwrap(); print!("producer first ack {:?}; ",t.elapsed()); let t=Instant::now(); l.send(1,&rec).unwrap(); l.flush(Duration::from_secs(9)).await.unwrap(); println!("second {:?}",t.elapsed());}
 for i in 0..3 {let mut s=base(); s.set_base("group.id",format!("g{}-{i}",std::process::id())).set_base("auto.offset.reset","earliest").set_base("enable.auto.commit","false"); let t=Instant::now(); let mut c=Consumer::create(&s).unwrap(); c.subscribe(&["bench2"]).unwrap(); loop{match c.poll(Duration::from_secs(9)).await.unwrap(){ConsumerEvent::Records(_)=>break, ConsumerEvent::Assigned(_)=>print!("assigned {:?} ",t.elapsed()), _=>{}}} print!("first records {:?} ",t.elapsed()); let t=Instant::now(); c.close(Duration::from_secs(9)).await; println!("close {:?}",t.elapsed());}
 println!("{} {}",status("VmRSS"),status("Threads"));
 let ps:Vec<_>=(0..n).map(|_|Producer::create(&base()).unwrap()).collect(); let mut ls:Vec<_>=ps.iter().map(|p|p.register(Arc::new(Nil)).unwrap()).collect(); for l in &mut ls {l.send(0,&rec).unwrap();} for l in &ls {l.flush(Duration::from_secs(30)).await.unwrap();}
 tokio::time::sleep(Duration::from_secs(2)).await; let c=cpu(); tokio::time::sleep(Duration::from_secs(10)).await; println!("{n} idle producers: {:.2} % of a core, {} {}",(cpu()-c)*10.0,status("VmRSS"),status("Threads"));
 drop((ls,ps)); tokio::time::sleep(Duration::from_secs(3)).await; println!("dropped: {} {}",status("VmRSS"),status("Threads"));
 let t=Instant::now(); let mut hs=vec![]; for i in 0..n {let mut s=base(); s.set_base("group.id",format!("h{}-{i}",std::process::id())).set_base("enable.auto.commit","false"); let mut c=Consumer::create(&s).unwrap(); c.subscribe(&["bench2"]).unwrap(); hs.push(tokio::spawn(async move{ while c.assignment().is_empty() {c.poll(Duration::from_secs(60)).await.unwrap();} (tokio::spawn(async move{loop{c.poll(Duration::from_secs(60)).await.unwrap();}}))}));} let mut js=vec![]; for h in hs {js.push(h.await.unwrap());} println!("{n} consumers assigned after {:?}",t.elapsed());
 tokio::time::sleep(Duration::from_secs(2)).await; let c=cpu(); tokio::time::sleep(Duration::from_secs(10)).await; println!("{n} idle consumers: {:.2} % of a core, {} {}",(cpu()-c)*10.0,status("VmRSS"),status("Threads"));
 for j in js {j.abort();}
}
