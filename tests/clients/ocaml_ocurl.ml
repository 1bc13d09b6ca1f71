(* ocurl. ocaml_ocurl easy|multi URL... *)
let handle url =
  let easy = Curl.init () in
  Curl.set_url easy url;
  Curl.set_writefunction easy String.length;
  easy

let () =
  let easies = List.map handle (List.tl (List.tl (Array.to_list Sys.argv))) in
  (if Sys.argv.(1) = "easy" then List.iter Curl.perform easies
   else
     let multi = Curl.Multi.create () in
     List.iter (Curl.Multi.add multi) easies;
     while Curl.Multi.perform multi > 0 do ignore (Curl.Multi.wait multi) done);
  List.iter (fun easy -> Printf.printf "%d\n" (Curl.get_responsecode easy)) easies
